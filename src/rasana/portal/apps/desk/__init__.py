"""What waits for me, what I wait for, what changed; notices; the story; reports."""

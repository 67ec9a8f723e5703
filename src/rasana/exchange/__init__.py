"""Files in and out: what people have, read safely; what they use, written whole or not at all."""

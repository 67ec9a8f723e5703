"""The parts of the office. In each: models (state), selectors (questions), actions (verbs), views, templates."""

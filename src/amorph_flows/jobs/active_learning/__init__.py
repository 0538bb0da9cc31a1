"""Active learning: explore, select, label, extend, refit, conclude."""

"""Methods in environments of their own: made, found, run for long and asked for forces."""

"""Jobs: the functions that flows are made of, one file a stage."""

"""The documents that stages pass on: pydantic models, one file a stage."""

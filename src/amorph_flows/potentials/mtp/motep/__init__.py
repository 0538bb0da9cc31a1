"""The second trainer, motep, which needs no compiler; files and grades are those of the first."""

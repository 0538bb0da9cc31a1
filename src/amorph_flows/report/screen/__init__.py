"""First screen of a report: answer, headline numbers, glass, and what stands in the way."""

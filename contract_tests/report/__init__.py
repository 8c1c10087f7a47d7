"""The reports of a run: the table, report.json and report.html; JUnit is pytest's own."""

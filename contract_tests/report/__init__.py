"""What a run leaves behind: the closing table, report.json and report.html; JUnit is pytest's own."""

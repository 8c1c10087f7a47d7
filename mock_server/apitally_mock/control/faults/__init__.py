"""What can be made to go wrong: each fault a small model of its options that changes one answer, all in one table."""

"""The rule about generated names, which are known only when the client has been generated."""

from spec_pipeline.changes.rules.rule import Level, Rule

VANISHED = "generated-name-vanished"

RULES = [
    Rule(VANISHED, Level.WARNING, "The generated name is gone.", "Change code that uses it."),
]

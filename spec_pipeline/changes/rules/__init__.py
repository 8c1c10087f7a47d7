"""The rules as tables: what may change, how severe each change is, and what a user of the client does about it."""

from spec_pipeline.changes.rules import document, names, operations, schemas
from spec_pipeline.changes.rules.rule import Rule

RULES: dict[str, Rule] = {rule.id: rule for part in (operations, document, schemas, names) for rule in part.RULES}

"""The rules as tables: what may change, how severe each change is, and what a user of the client does about it."""

from spec_pipeline.changes.rules import names, operations, schemas
from spec_pipeline.changes.rules.rule import Rule

RULES: dict[str, Rule] = {rule.id: rule for rule in (*operations.RULES, *schemas.RULES, *names.RULES)}

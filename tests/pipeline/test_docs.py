"""The guide says what the command does."""

from datetime import date
from pathlib import Path

import pytest

from spec_pipeline.__main__ import main
from spec_pipeline.changes.accepted import judge, read_accepted
from spec_pipeline.changes.rules import RULES
from tests.pipeline.changes.corpus import compare, edited
from tests.pipeline.changes.test_any_document import PIN

GUIDE = (Path(__file__).parents[2] / "docs" / "spec-changes.md").read_text(encoding="utf-8")


def test_guide_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """An option that the command's help shows stands in the guide, too."""
    with pytest.raises(SystemExit):
        main(["regenerate", "--help"])
    options = {word.strip("[],:") for word in capsys.readouterr().out.split() if word.strip("[").startswith("--")}
    assert {
        option for option in options - {"--help"} if f"`{option} " not in GUIDE and f"`{option}`" not in GUIDE
    } == set()


def test_guide_shows_an_entry_that_works(tmp_path: Path) -> None:
    """The entry for an accepted change accepts the change that it speaks of."""
    path = tmp_path / "accepted-changes.yaml"
    path.write_text(GUIDE.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    changes = compare(PIN, edited(PIN, {"remove": ["/paths/~1v1~1apps~1{app_id}~1traffic/get/responses/404"]}))
    assert [change.level.value for change in changes] == ["breaking"]
    assert judge(changes, read_accepted(path), date(2027, 1, 31)).open() == []


def test_every_level_of_our_own_has_its_reason() -> None:
    """Each rule whose level is not oasdiff's says what oasdiff's is, and why ours is another."""
    reasons = {rule.override for rule in RULES.values() if rule.override}
    assert len(reasons) >= 9
    assert {reason for reason in reasons if not (reason.startswith("oasdiff: ") and ", because " in reason)} == set()

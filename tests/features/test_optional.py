from __future__ import annotations

import sys
from pathlib import Path

import pytest

from features.errors import UserError
from features.optional import need


def test_gives_the_module() -> None:
    assert need("json.decoder", "reading").JSONDecoder


def test_a_missing_package_is_named_with_its_purpose_and_remedy() -> None:
    with pytest.raises(UserError) as caught:
        need("no_such_package.part", "the moon sample")
    assert str(caught.value) == (
        "the moon sample needs the package no_such_package, which is not installed; "
        "install it with `pip install no-such-package`"
    )


def test_a_package_that_lacks_something_of_its_own_keeps_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_there.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        need("half_there", "anything")
    assert "half_there" not in sys.modules

"""What the inventory may say of an app's environment: names and values that are checked together."""

from typing import Any

from pydantic import ValidationInfo

from windlass.settings.environment import as_text, fault_of_inline_secret, fault_of_name, fault_of_value
from windlass.settings.model import Faults
from windlass.settings.secret import SecretSource


def variables(given: Any, info: ValidationInfo) -> Any:
    """Variables as text, each of a name and value that may be set in the inventory."""
    if not isinstance(given, dict):
        return given  # which pydantic refuses
    texts: dict[Any, str | None] = {}
    faults: list[tuple[tuple[str | int, ...], str]] = []
    for name, value in given.items():
        text = as_text(value)
        texts[name] = text
        fault = fault_of_name(name, info.data.get("allow_env", ()))
        if text is None:
            fault = f"YAML does not read the value of {name} as text: put it in quotes"
        elif not fault:
            sealed = isinstance(value, (info.context or {}).get("sealed", ()))  # the kind of text that a vault has kept
            fault = fault_of_value(name, text) or ("" if sealed else fault_of_inline_secret(name, text))
        faults += [((name,), fault)] if fault else []
    if faults:
        raise Faults(faults)
    return texts


def names_of_variables(names: list[str], info: ValidationInfo) -> list[str]:
    """Names, each of a variable that may be set."""
    allowed = names if info.field_name == "allow_env" else info.data.get("allow_env", ())
    faults = [((place,), fault) for place, name in enumerate(names) if (fault := fault_of_name(name, allowed))]
    if faults:
        raise Faults(list(faults))
    return names


def secret_sources(sources: dict[str, SecretSource], info: ValidationInfo) -> dict[str, SecretSource]:
    """Sources of secrets, each for a variable that may be set."""
    allowed = info.data.get("allow_env", ())
    faults = [((name,), fault) for name in sources if (fault := fault_of_name(name, allowed))]
    if faults:
        raise Faults(list(faults))
    return sources

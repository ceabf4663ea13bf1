"""Pulumi's property values as plain Python values, and back. Secrets stay secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pulumi.provider.experimental.property_value import PropertyValue, PropertyValueType

Properties = Mapping[str, PropertyValue]


def plain(value: PropertyValue) -> Any:
    """The plain value; whole numbers as int, since the engine knows one kind of number; None for what is not known."""
    match value.type:
        case PropertyValueType.ARRAY:
            return [plain(one) for one in cast("Sequence[PropertyValue]", value.value)]
        case PropertyValueType.MAP:
            return {key: plain(one) for key, one in cast("Properties", value.value).items()}
        case PropertyValueType.NUMBER:
            number = cast("float", value.value)
            return int(number) if number.is_integer() else number
        case PropertyValueType.COMPUTED:
            return None
        case _:
            return value.value


def plain_all(properties: Properties) -> dict[str, Any]:
    """All values plain."""
    return {key: plain(value) for key, value in properties.items()}


def wrapped(value: Any) -> PropertyValue:
    """A property value of a plain one."""
    if isinstance(value, Mapping):
        return PropertyValue({key: wrapped(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        return PropertyValue([wrapped(one) for one in value])
    return PropertyValue(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def has_unknown(properties: Properties) -> bool:
    """Whether something in there is known only after another resource has been made."""
    return any(_unknown(value) for value in properties.values())


def _unknown(value: PropertyValue) -> bool:
    match value.type:
        case PropertyValueType.COMPUTED:
            return True
        case PropertyValueType.ARRAY:
            return any(_unknown(one) for one in cast("Sequence[PropertyValue]", value.value))
        case PropertyValueType.MAP:
            return any(_unknown(one) for one in cast("Properties", value.value).values())
        case _:
            return False

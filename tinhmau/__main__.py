"""Entry point: language first, then the commands; every way out has its exit code and no traceback is shown.

Only the standard library is imported before `run`: whatever is missing or broken further on has a sentence of its own.
"""

from __future__ import annotations

import sys

from tinhmau import exits, interrupts, language
from tinhmau.language import t


def main() -> None:
    """Run one command and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    try:
        interrupts.listen()
        language.take_from(arguments)
        from tinhmau import ways_out  # noqa: PLC0415 -- what click says depends on the language

        return ways_out.run(arguments)
    except language.UnknownLanguageError as error:
        sys.stderr.write(
            f"✗ --lang (TINHMAU_LANG): không có ngôn ngữ “{error}”. Chọn vi hoặc en.\n"
            f"  --lang (TINHMAU_LANG): there is no language “{error}”. Choose vi or en.\n"
        )
        return exits.BAD_INPUT
    except ImportError as error:
        what = error.name or str(error)
        sys.stderr.write(
            t(
                f"✗ Thiếu gói Python “{what}” hoặc gói bị hỏng ({error}).\n  → Cài lại: make clean, rồi make verify\n",
                f"✗ The Python package “{what}” is missing or damaged ({error}).\n"
                "  → Install again: make clean, then make verify\n",
            )
        )
        return exits.OUR_FAULT
    except KeyboardInterrupt:  # before there was anything to put away
        return exits.INTERRUPTED


if __name__ == "__main__":
    main()

"""Within how many seconds a real alarm must be acknowledged."""

from server.core.requirement import Rule, Version

RULE = Rule(
    name="response",
    label="真实报警确认时限（秒）",
    label_en="Seconds to acknowledge a real alarm",
    variants={
        "usual": (
            Version(
                30,
                says="30秒内有人确认",
                says_en="acknowledged within 30 seconds",
                source="本系统建议，参照EN 50518:2019的处置时限",
                source_en="our proposal, after the limits of EN 50518:2019",
                proposal=True,
            ),
        ),
        "minute": (
            Version(
                60,
                says="60秒内有人确认",
                says_en="acknowledged within 60 seconds",
                source="本系统建议，参照EN 50518:2019的处置时限",
                source_en="our proposal, after the limits of EN 50518:2019",
                proposal=True,
            ),
        ),
    },
)

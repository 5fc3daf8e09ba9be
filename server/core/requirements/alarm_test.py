"""Within how many days the one-key alarm must have been tested from end to end, how it is announced, and what proves it."""

from dataclasses import dataclass

from server.core.requirement import Rule, Version


@dataclass(frozen=True, slots=True)
class AlarmTest:
    """How the alarm is tested in a region."""

    days: int
    announced: bool = False  # No test begins before the police have confirmed that they were told of it.
    proven: bool = False  # Only a press that we followed to the police's receipt counts; a device's own word does not.


RULE = Rule(
    name="alarm_test",
    label="一键报警试警周期（天）",
    label_en="Days between alarm tests",
    variants={
        "monthly": (
            Version(
                AlarmTest(30),
                says="每30天至少一次成功试警",
                says_en="at least one successful test in 30 days",
                source="本系统建议",
                source_en="our proposal",
                proposal=True,
            ),
        ),
        "quarterly": (
            Version(
                AlarmTest(90, announced=True),
                says="每季度（90天）至少一次成功试警，事先报备",
                says_en="at least one successful test in a quarter (90 days), announced beforehand",
                source="义乌2016年校园一键报警管理做法（据公开报道）",
                source_en="Yiwu's practice of 2016 (as reported)",
            ),
        ),
        "quarterly_proven": (
            Version(
                AlarmTest(90, announced=True, proven=True),
                says="每季度（90天）至少一次全程留痕的试警（按下至公安回执），事先报备；设备自报不算",
                says_en="in 90 days one test followed to the police's receipt, announced before; no device's own word",
                source="义乌2016年校园一键报警管理做法（据公开报道）；全程留痕为本系统建议",
                source_en="Yiwu's practice of 2016 (as reported); that it is followed from end to end is our proposal",
                proposal=True,
            ),
        ),
    },
)

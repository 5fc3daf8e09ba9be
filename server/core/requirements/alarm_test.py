"""Within how many days the one-key alarm must have been tested from end to end."""

from server.core.requirement import Rule, Version

RULE = Rule(
    name="alarm_test",
    label="一键报警试警周期（天）",
    label_en="Days between alarm tests",
    variants={
        "monthly": (
            Version(
                30,
                says="每30天至少一次成功试警",
                says_en="at least one successful test in 30 days",
                source="本系统建议",
                source_en="our proposal",
                proposal=True,
            ),
        ),
        "quarterly": (
            Version(
                90,
                says="每季度（90天）至少一次成功试警，事先报备",
                says_en="at least one successful test in a quarter (90 days), announced beforehand",
                source="义乌2016年校园一键报警管理做法（据公开报道）",
                source_en="Yiwu's practice of 2016 (as reported)",
            ),
        ),
    },
)

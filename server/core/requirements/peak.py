"""From when to when guards stand at the gate as pupils come and go."""

from server.core.requirement import Rule, Version
from server.core.schedule import PEAK_MARGIN_MINUTES

RULE = Rule(
    name="peak",
    label="高峰勤务提前与延后（分钟）",
    label_en="Minutes on post before and after a peak",
    variants={
        "usual": (
            Version(
                PEAK_MARGIN_MINUTES,
                says="高峰前5分钟到岗、后5分钟离岗；人数见学校台账",
                says_en="on post 5 minutes before a peak until 5 minutes after it; the number stands in the school's line",
                source="西宁2025年护学岗做法（据公开报道）",
                source_en="Xining's practice of 2025 (as reported)",
            ),
        ),
    },
)

"""How many patrol rounds a day has, and how many more by night where pupils board."""

from dataclasses import dataclass
from datetime import date

from server.core.requirement import Rule, Version
from server.registry.model import School


@dataclass(frozen=True, slots=True)
class Rounds:
    """Rounds of one day: of the key parts by day, and of the dormitories by night."""

    day: int
    night: int

    def of(self, school: School) -> tuple[int, int]:
        """Give the rounds by day and by night of one school."""
        return self.day, self.night if school.boarders else 0


RULE = Rule(
    name="patrols",
    label="每日巡查次数",
    label_en="Patrol rounds a day",
    variants={
        "national": (
            Version(
                Rounds(5, 0),
                says="重点部位每日不少于5次",
                says_en="key parts at least 5 times a day",
                source="本系统建议（2022年标准生效前按同一次数计算）",
                source_en="our proposal (the number of 2022 before it was in force)",
                proposal=True,
            ),
            Version(
                Rounds(5, 2),
                says="重点部位每日不少于5次；寄宿制学校夜间宿舍巡查不少于2次",
                says_en="key parts at least 5 times a day; dormitories at least 2 times a night where pupils board",
                source="GB/T 29315-2022（每日5次，据公开摘要）；夜间2次参照北京办法",
                source_en="GB/T 29315-2022 (5 a day, by published summaries); 2 a night after Beijing's rule",
                since=date(2022, 6, 1),
            ),
        ),
        "beijing": (
            Version(
                Rounds(5, 2),
                says="每日不少于5次；夜间宿舍巡查不少于2次",
                says_en="at least 5 times a day; dormitories at least 2 times a night",
                source="北京市中小学幼儿园安全防范要求（据公开转载）",
                source_en="Beijing's requirements for schools and kindergartens (as published copies have it)",
            ),
        ),
    },
)

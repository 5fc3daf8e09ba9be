"""How many full-time guards a school must have on its roll: a step table by pupils, with an addition for boarders."""

from dataclasses import dataclass
from datetime import date

from server.core.requirement import Rule, Version
from server.registry.model import School


@dataclass(frozen=True, slots=True)
class Steps:
    """A table: from so many pupils on, so many guards; further ones above its end, and for boarders."""

    steps: tuple[tuple[int, int], ...]  # Ascending; begins with 0 pupils.
    per_further: int  # Above the last step, one more guard for each full so many pupils.
    per_boarders: int = 0  # One more guard for each so many boarders begun; 0: none.
    boarding_least: int = 0  # A school with boarders never has fewer.
    least: tuple[int, int] = (0, 0)  # From so many pupils on, never fewer than so many guards.

    def guards(self, school: School) -> int:
        """Give the number for one school."""
        pupils = school.pupils
        begins, quota = next(step for step in reversed(self.steps) if step[0] <= pupils or step[0] == 0)
        if begins == self.steps[-1][0]:
            quota += max(0, pupils - begins) // self.per_further
        if school.boarders and self.per_boarders:
            quota += -(-school.boarders // self.per_boarders)
        if school.boarders:
            quota = max(quota, self.boarding_least)
        return max(quota, self.least[1]) if pupils >= self.least[0] else quota


# For boarders one more for each 300 begun, and never fewer than two in all: read in local rules, not in the standard.
_NATIONAL = Steps(((0, 1), (100, 2), (1_000, 3)), per_further=500, per_boarders=300, boarding_least=2)

RULE = Rule(
    name="guard_quota",
    label="专职保安员配备人数",
    label_en="Full-time guards on the roll",
    variants={
        "national": (
            Version(
                Steps(((0, 1), (100, 2), (1_000, 2)), per_further=500),
                says="师生不足100人1名；100至1000人2名；超过1000人每增加500人增配1名（按学生数计）",
                says_en="below 100 persons 1; 100 to 1,000 2; above that one more for each 500 (counted by pupils)",
                source="公治〔2015〕168号《中小学幼儿园安全防范工作规范（试行）》，据连区教〔2020〕23号转引",
                source_en="MPS Public Security Bureau doc. (2015) 168, as quoted in a district circular of 2020",
            ),
            Version(
                _NATIONAL,
                says="学生不足100人1名；100至999人2名；1000人3名，每增加500人增配1名；"
                "寄宿生每300人（不足300人按300人计）增配1名，且不少于2名",
                says_en="below 100 pupils 1; 100 to 999 2; from 1,000 3 and one more for each further 500;"
                " one more for each 300 boarders begun, never fewer than 2",
                source="GB/T 29315-2022（据公开摘要；寄宿增配据各地做法）",
                source_en="GB/T 29315-2022 (by published summaries; the addition for boarders by local practice)",
                since=date(2022, 6, 1),
            ),
        ),
        "beijing": (
            Version(
                Steps(((0, 3), (1_000, 3)), per_further=500, per_boarders=300, boarding_least=4),
                says="学生不足1000人3名（寄宿制不少于4名）；每增加500人增配1名；寄宿生每300人增配1名",
                says_en="below 1,000 pupils 3 (4 where pupils board); one more for each 500, and for each 300 boarders",
                source="北京市中小学幼儿园安全防范要求（据公开转载）",
                source_en="Beijing's requirements for schools and kindergartens (as published copies have it)",
            ),
        ),
        "chongqing": (
            Version(
                Steps(_NATIONAL.steps, 500, 300, boarding_least=2, least=(100, 4)),
                says="师生100人以上不少于4名；其余按国家标准",
                says_en="from 100 persons on never fewer than 4; otherwise as the national standard",
                source="重庆市校园安保配备规定（据公开转载）",
                source_en="Chongqing's rule for school guards (as published copies have it)",
            ),
        ),
    },
)

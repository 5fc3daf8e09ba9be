"""For how many days recordings must be kept."""

from dataclasses import dataclass
from datetime import date

from server.core.requirement import Rule, Version
from server.registry.model import School


@dataclass(frozen=True, slots=True)
class Days:
    """Days by the class of the site."""

    usual: int
    key_target: int

    def of(self, school: School) -> int:
        """Give the days for one school."""
        return self.key_target if school.key_target else self.usual


RULE = Rule(
    name="retention",
    label="录像保存天数",
    label_en="Days that recordings are kept",
    variants={
        "baseline": (
            Version(
                Days(30, 30),
                says="不少于30天",
                says_en="at least 30 days",
                source="GB/T 29315-2012（据公开摘要）",
                source_en="GB/T 29315-2012 (by published summaries)",
            ),
            Version(
                Days(30, 90),
                says="不少于30天；反恐怖主义重点目标不少于90天",
                says_en="at least 30 days; 90 at a key target of counter-terrorism",
                source="GB/T 29315（据公开摘要）；《反恐怖主义法》第三十二条",
                source_en="GB/T 29315 (by published summaries); Counter-Terrorism Law, article 32",
                since=date(2016, 1, 1),
            ),
        ),
        "ninety": (
            Version(
                Days(90, 90),
                says="一律不少于90天",
                says_en="at least 90 days everywhere",
                source="部分地方规定；采用时请填写依据文号",
                source_en="some local rules; name the document where it is used",
                proposal=True,
            ),
        ),
    },
)

"""How many days the photo of a fixed or movable barrier is believed: it says nothing of itself, and is lent away."""

from server.core.requirement import Rule, Version

RULE = Rule(
    name="barrier_photo",
    label="固定、移动防冲撞设施照片有效期（天）",
    label_en="Days that a photo of a fixed or movable barrier is believed",
    variants={
        "half_year": (
            Version(
                180,
                says="现场照片不超过180天，并登记SHA-256和有效期",
                says_en="a photo of at most 180 days, with its SHA-256 and an expiry",
                source="本系统建议",
                source_en="our proposal",
                proposal=True,
            ),
        ),
        "monthly": (
            Version(
                30,
                says="现场照片不超过30天，并登记SHA-256和有效期",
                says_en="a photo of at most 30 days, with its SHA-256 and an expiry",
                source="本系统建议",
                source_en="our proposal",
                proposal=True,
            ),
        ),
    },
)

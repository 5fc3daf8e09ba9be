"""The risk profile (风险画像) of a school: named factors, each explained, and early warnings by stated rules. All pure."""

"""Tests and drills: who declares them and approves them, when buttons are tested, and what each test has proven."""

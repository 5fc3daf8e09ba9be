"""Every report, one file each; a new one is one file and one line here."""

from server.reports import circular, gap_list, ledger
from server.reports.report import Report

REPORTS: dict[str, Report] = {report.name: report for report in (ledger.REPORT, circular.REPORT, gap_list.REPORT)}

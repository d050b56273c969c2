"""What the peers of `reveille features` share: their arguments, and the as-of dates."""
import datetime


def arguments(parser):
    parser.add_argument("folder")
    parser.add_argument("--from", dest="first", type=datetime.date.fromisoformat, default=datetime.date(2024, 1, 31))
    parser.add_argument("--to", dest="last", type=datetime.date.fromisoformat, default=datetime.date(2025, 12, 31))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", required=True)


def month_ends(first, last):
    """The last days of months from one day to another."""
    year, month, days = first.year, first.month, []
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        day = datetime.date(year, month, 1) - datetime.timedelta(days=1)
        if day > last:
            return days
        days.append(day)

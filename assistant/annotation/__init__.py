"""The annotation screen without its screen: files, points, the session, answers, agreement, report, labels."""

"""The shared office: parties, estates, problems, meetings, commitments, connection requests. A Django project."""

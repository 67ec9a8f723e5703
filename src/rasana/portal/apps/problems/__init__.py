"""The register of problems, from report to confirmed repair; official letters."""

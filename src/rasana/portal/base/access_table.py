"""The table of who sees and does what. Generated into docs/access.md, tested cell by cell.

``roles``: 'anyone' (not signed in too), 'person' (anyone signed in who has a standing), 'administrator' (of the
organisation), or roles of people. ``standing``: how the organisation must stand to the record (one of them is enough);
empty: being a party in its estate, or no record is named.
"""

from __future__ import annotations

from typing import NamedTuple


class Access(NamedTuple):
    """One row: an action, the roles that may do it, the standing their organisation needs, and what it is."""

    roles: frozenset[str]
    standing: frozenset[str]
    what: str


ANYONE = frozenset({"anyone"})
PERSON = frozenset({"person"})
ADMINISTRATOR = frozenset({"administrator"})
STAFF = frozenset({"officer", "expert", "secretary", "head", "managing_director"})
EXPERTS = frozenset({"expert", "head", "managing_director"})
HEADS = frozenset({"head", "managing_director"})
SECRETARIES = frozenset({"secretary", "head", "managing_director"})
READERS = STAFF | {"viewer"}


def _row(roles: frozenset[str], what: str, *standing: str) -> Access:
    return Access(roles, frozenset(standing), what)


ACCESS: dict[str, Access] = {
    # --- parties and people
    "people.view": _row(ADMINISTRATOR | READERS, "see the people of the own organisation", "own"),
    "people.manage": _row(ADMINISTRATOR, "change people, give and end roles, in the own organisation", "own"),
    "people.create": _row(ADMINISTRATOR, "add a person to the own organisation"),
    "delegation.give": _row(STAFF, "let a colleague stand in until a date"),
    "delegation.end": _row(STAFF | ADMINISTRATOR, "end a delegation early", "own"),
    "calendar.view": _row(READERS, "see holidays and working days"),
    "calendar.confirm": _row(SECRETARIES, "confirm, correct or cancel a holiday", "keeper"),
    "calendar.add": _row(SECRETARIES, "add a holiday by decree"),
    "me.view": _row(PERSON, "see the own account"),
    "me.change": _row(PERSON, "change the own language, end the own sessions"),
    "me.password": _row(PERSON, "change the own password"),
    "me.second_factor": _row(PERSON, "add or remove the own second factor"),
    # --- estates
    "estate.list": _row(READERS, "see the list of estates"),
    "estate.view": _row(READERS, "see an estate, its map, plots, units and figures"),
    "estate.create": _row(HEADS, "bring in an estate from its file"),
    "estate.manage": _row(HEADS, "add or change an estate's parts", "party"),
    "plot.status": _row(EXPERTS | {"officer"}, "change a plot's supply status, with a reason", "supplier", "operator"),
    "figure.add": _row(STAFF, "give a figure with its source"),
    "figure.adopt": _row(HEADS, "choose which of several figures is used"),
    # --- problems and letters
    "problem.list": _row(READERS, "see the register of problems"),
    "problem.view": _row(READERS, "see a problem with its steps and files"),
    "problem.report": _row(STAFF, "put a problem on the register"),
    "problem.triage": _row(STAFF, "accept what is reported, or name its duplicate or who it belongs to", "triager"),
    "problem.assign": _row(STAFF, "say which organisation has to solve a problem", "triager"),
    "problem.study": _row(STAFF, "write down what was found out about a problem", "assigned"),
    "problem.fix": _row(STAFF, "say that a problem is solved", "assigned"),
    "problem.confirm": _row(STAFF, "confirm that the reported problem is solved", "reporter"),
    "problem.reopen": _row(STAFF, "say that a problem is not solved", "reporter", "triager"),
    "problem.attach": _row(STAFF, "add a photo or document to a problem"),
    "problem.link": _row(STAFF, "link a letter to a problem, meeting or commitment"),
    "letter.list": _row(READERS, "see the register of letters"),
    "letter.view": _row(READERS, "see an official letter"),
    "letter.record": _row(STAFF, "record an official letter"),
    # --- meetings
    "meeting.list": _row(READERS, "see the list of meetings"),
    "meeting.view": _row(READERS, "see a meeting, its minutes, seal and calendar file"),
    "meeting.create": _row(STAFF, "call a meeting"),
    "meeting.change": _row(STAFF, "change the agenda and who is invited", "convener"),
    "meeting.invite": _row(STAFF, "send the invitations", "convener"),
    "meeting.reply": _row(STAFF, "say whether the organisation comes, and who", "invited"),
    "meeting.hold": _row(STAFF, "open the meeting", "convener"),
    "meeting.minutes": _row(STAFF, "write the minutes and decisions", "convener"),
    "meeting.circulate": _row(STAFF, "send the minutes to those who were there", "convener"),
    "meeting.correct": _row(STAFF, "take circulated minutes back for correction", "convener"),
    "meeting.countersign": _row(HEADS, "countersign the minutes or object to them", "present"),
    "meeting.seal": _row(STAFF, "seal the minutes", "convener"),
    "meeting.addendum": _row(STAFF, "add to sealed minutes", "convener", "present"),
    # --- commitments
    "commitment.list": _row(READERS, "see the register of commitments and each organisation's record of promises"),
    "commitment.view": _row(READERS, "see a commitment with its dates, proofs and dossiers"),
    "commitment.make": _row(STAFF, "propose a commitment, by hand or of a sealed decision"),
    "commitment.agree": _row(HEADS, "agree to a proposed commitment for the own organisation", "debtor", "creditor"),
    "commitment.deliver": _row(STAFF, "declare a commitment delivered, with the agreed proof", "debtor"),
    "commitment.request_extension": _row(STAFF, "ask for a later due date, with a reason", "debtor"),
    "commitment.answer_extension": _row(HEADS, "grant or refuse a later due date", "creditor"),
    "commitment.verify": _row(HEADS, "accept what was delivered", "creditor"),
    "commitment.dispute": _row(HEADS, "dispute what was delivered, with a reason", "creditor"),
    "commitment.void": _row(HEADS, "end a commitment by citing a later decision", "creditor"),
    "commitment.link": _row(STAFF, "say which problems and plots wait behind a commitment"),
    "commitment.open": _row(STAFF, "have the own organisation's opening of a case written down", "debtor", "creditor"),
    "commitment.escalate": _row(frozenset({"system"}), "climb the ladder: the office itself"),
    "commitment.restate": _row(frozenset({"system"}), "count a working-day due date again: the office itself"),
    "delay.view": _row(READERS, "see the report of delay by party"),
    # --- studies
    "study.view": _row(READERS, "see a study of an estate's supply, as far as one's field classes go"),
    "study.import": _row(EXPERTS, "bring in the result folder of a study", "party"),
    # --- connection requests
    "request.list": _row(READERS, "see the register of connection requests"),
    "request.view": _row(READERS, "see a connection request; phone and national number only with a counter"),
    "request.create": _row(STAFF, "enter a request at the counter of the company or the operator"),
    "request.record": _row(STAFF, "enter what the applicant brought: papers, signature, payment", "clerk"),
    "request.withdraw": _row(STAFF, "take a request back for its applicant", "clerk"),
    "request.advance": _row(STAFF, "write down a step of the company as done", "company"),
    "request.return": _row(STAFF, "give a request back for missing papers", "company"),
    "request.condition": _row(STAFF, "write down the result of a condition of acceptance", "company"),
    "request.check": _row(EXPERTS, "write down a technical check or attach a study's result", "company"),
    "request.wait": _row(STAFF, "let a request wait for its block's supply, or go on", "company"),
    "request.refuse": _row(HEADS, "refuse a request, with the condition or limit that binds", "company"),
    "unauthorised.list": _row(READERS, "see how many unauthorised connections were found; each of them if entitled"),
    "unauthorised.find": _row(STAFF, "write down an unauthorised connection that was found, as the company"),
    "unauthorised.provisional": _row(STAFF, "give a found connection a provisional meter", "company"),
    "unauthorised.regularise": _row(STAFF, "start a lawful request for a found connection", "clerk"),
    # --- API, tokens, webhooks
    "api.docs": _row(ANYONE, "read how the API is used"),
    "token.list": _row(PERSON, "see the own tokens"),
    "token.make": _row(PERSON, "make a token for oneself"),
    "token.revoke": _row(PERSON, "end a token of one's own", "own"),
    "webhook.list": _row(HEADS | ADMINISTRATOR, "see the webhooks of the own organisation"),
    "webhook.view": _row(HEADS | ADMINISTRATOR, "see a webhook and its deliveries", "own"),
    "webhook.make": _row(HEADS | ADMINISTRATOR, "add a webhook for the own organisation"),
    "webhook.change": _row(HEADS | ADMINISTRATOR, "switch a webhook off or on, try deliveries again", "own"),
    # --- desk, notices, search
    "desk.view": _row(READERS, "see what waits for one"),
    "notice.view": _row(PERSON, "see the own notices"),
    "story.view": _row(ANYONE, "read the documented story of the case"),
    "story.tell": _row(frozenset({"system"}), "write down documented events"),
    "search": _row(READERS, "search what one may see"),
    # --- audit
    "audit.view": _row(ADMINISTRATOR | READERS, "see what was done to a record"),
    "audit.export": _row(HEADS, "export the audit lines of an estate"),
}

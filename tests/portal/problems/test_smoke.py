import pytest
pytestmark = pytest.mark.django_db
def test_smoke(world, client_of):
    c = client_of("board", "officer")
    assert c.get("/problems/").status_code == 200
    r = c.get("/problems/new/khodro/"); assert r.status_code == 200
    r = c.post("/problems/new/khodro/", {"title": "ترانس سوخت", "kind": "transformer", "severity": "3", "longitude": "۵۰٫۸۸", "latitude": "34.64"})
    assert r.status_code == 302, r.content.decode()
    r = c.get(r["Location"]); assert r.status_code == 200
    assert c.get("/letters/").status_code == 200
    assert c.get("/letters/new/khodro/").status_code == 200

"""The SCIM resources pass every check of scim2-tester."""

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.roster.memory import InMemory
from tests.scim.memory import serve


@pytest.mark.parametrize("home_page", ["", "https://idp.example"])
def test_every_check_is_passed(home_page: str) -> None:
    app = serve(InMemory(account_home_page=home_page))
    client = WSGISCIMClient(app, base_url="http://localhost/scim/v2")
    results = check_server(client)
    failed = [
        f"{one.title} {one.resource_type}: {one.status} {one.reason}"
        for one in results
        if one.status not in {Status.SUCCESS, Status.ACCEPTABLE}
    ]
    assert not failed, "\n".join(failed)
    assert len(results) > 50

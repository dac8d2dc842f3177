"""pyfrappeclient's own tests, from its package, told of this server and its password."""

import os
import unittest

from frappeclient import frappeclient_tests as theirs

theirs.test_config = {
    "url": os.environ["FRAPPE_SITE"],
    "username": "Administrator",
    "password": os.environ["HELPDESK_PASSWORD"],
}
# Newer Pythons have lost this name, which the tests use.
if not hasattr(unittest.TestCase, "assertEquals"):
    unittest.TestCase.assertEquals = unittest.TestCase.assertEqual

TestFrappeClient = theirs.TestFrappeClient

"""pyfrappeclient's own tests, from its package, told of this server and of a key in place of a password."""

import os
import unittest

from frappeclient import frappeclient_tests as theirs

theirs.test_config = {
    "url": os.environ["FRAPPE_SITE"],
    "api_key": os.environ["FRAPPE_API_KEY"],
    "api_secret": os.environ["FRAPPE_API_SECRET"],
}
# Newer Pythons have lost this name, which the tests use.
if not hasattr(unittest.TestCase, "assertEquals"):
    unittest.TestCase.assertEquals = unittest.TestCase.assertEqual

TestFrappeClient = theirs.TestFrappeClient

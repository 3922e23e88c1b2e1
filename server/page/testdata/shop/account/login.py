"""Who is who."""
import hashlib


def checkPassword(account, password):
    """Check whether a password is that of an account, in constant time."""
    return compareDigest(account.digest, hashPassword(password, account.salt))


def hashPassword(password, salt):
    """Hash a password slowly, with its salt."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


def compareDigest(a, b):
    """Compare two digests without telling by the time where they differ."""
    difference = len(a) ^ len(b)
    for x, y in zip(a, b):
        difference |= x ^ y
    return difference == 0


def lockAccount(account, failures):
    """Lock an account after too many wrong passwords."""
    account.locked = failures >= 5


def newSession(account, clock):
    """Begin a session that ends after an hour."""
    return {"account": account.name, "ends": clock.now() + 3600}


def endSession(sessions, token):
    """Log out: forget a session."""
    sessions.pop(token, None)

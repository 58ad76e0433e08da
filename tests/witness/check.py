"""Owns what programs of others say of our logs: aics-tlog and pymerkle on what a server gives out.

    check.py audit PREFIX POLICY    every tile and entry below the checkpoint; prints what was checked
    check.py watch PREFIX POLICY    looks at the checkpoint again and again, until it has the size that
                                    is written to stdin; each one has to be cosigned and go on from the
                                    one before
    check.py offer WITNESS OLD NOTE offers a witness a checkpoint from a file; prints the status

Must not know Parvis: it reads C2SP formats only. Next: tests/tests/witnesses.rs.
"""

import http.client
import json
import select
import sys
import time
from urllib.parse import urlsplit

import aics_tlog as tlog
import pymerkle
from aics_tlog.tiles import parse_entry_bundle

PATIENCE_S = 120


def policy_of(path):
    """The log's key, the witnesses' keys and the quorum, from a tlog-policy."""
    log, witnesses, quorum = None, [], 0
    for line in open(path, encoding="utf-8"):
        match line.split():
            case ["log", key]:
                log = tlog.parse_vkey(key)
            case ["witness", _, key]:
                witnesses.append(tlog.parse_vkey(key))
            case ["group", _, threshold, *_]:
                quorum = int(threshold)
    return log, tlog.WitnessPolicy(quorum, tuple(witnesses))


def checkpoint(reader, log, policy):
    """The checkpoint that is served, checked; None while there is none."""
    try:
        served = reader.read_checkpoint()
    except tlog.TileUnavailableError:
        return None, 0
    note = tlog.parse_note(served)
    result = tlog.verify_checkpoint(note, log, policy=policy, expected_origin=log.name)
    assert result.ok, (result, served.decode())
    return tlog.parse_checkpoint(note.text), len(note.signatures) - 1


def awaited(reader, log, policy):
    """The first checkpoint."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        head, cosignatures = checkpoint(reader, log, policy)
        if head:
            return head, cosignatures
        select.select([], [], [], 0.05)
    sys.exit("no checkpoint is served")


def audit(prefix, policy_file):
    log, policy = policy_of(policy_file)
    reader = tlog.HttpTileReader(prefix, proxies={})
    head, cosignatures = awaited(reader, log, policy)
    report = tlog.audit_tiles(reader, head.size, head.root)
    # The same entries, hashed by another program.
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for index in range((head.size + 255) // 256):
        width = min(256, head.size - index * 256)
        for entry in parse_entry_bundle(reader.read_entry_bundle(index, None if width == 256 else width)):
            tree.append_entry(entry)
    assert tree.get_size() == head.size
    assert tree.get_state() == head.root, "pymerkle finds another root"
    # Trees that ended earlier, from our tiles, and proofs between them.
    sizes = sorted({1, 2, 255, 256, 257, head.size // 2, head.size - 1} & set(range(1, head.size)))
    for size in sizes:
        root = tree.get_state(size)
        proof = tlog.consistency_proof_from_tiles(reader, size, head.size)
        assert tlog.verify_consistency(size, head.size, root, head.root, proof), size
        pymerkle.verify_consistency(root, head.root, tree.prove_consistency(size, head.size))
        leaf = tlog.read_entry(reader, size, head.size)
        proof = tlog.inclusion_proof_from_tiles(reader, size, head.size)
        assert tlog.verify_leaf_inclusion(leaf, size, head.size, proof, head.root), size
    said = {"size": head.size, "tiles": report.tiles, "bundles": report.bundles}
    print(json.dumps(said | {"cosignatures": cosignatures, "proofs": len(sizes)}))


def watch(prefix, policy_file):
    log, policy = policy_of(policy_file)
    reader = tlog.HttpTileReader(prefix, proxies={})
    last, least = awaited(reader, log, policy)
    print("ready", flush=True)
    seen, until = 1, None
    end = time.monotonic() + PATIENCE_S
    while until is None or last.size < until:
        if time.monotonic() > end:
            sys.exit(f"the checkpoint stays at {last.size}, not {until}")
        if select.select([sys.stdin] if until is None else [], [], [], 0.02)[0]:
            until = int(sys.stdin.readline())
        head, cosignatures = checkpoint(reader, log, policy)
        assert head, "a checkpoint that was served is gone"
        if head == last:
            continue
        proof = tlog.consistency_proof_from_tiles(reader, last.size, head.size)
        assert tlog.verify_consistency(last.size, head.size, last.root, head.root, proof), (last, head)
        seen, least, last = seen + 1, min(least, cosignatures), head
    print(json.dumps({"size": last.size, "checkpoints": seen, "least_cosignatures": least}))


def offer(witness, old, note_file):
    host = urlsplit(witness).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    body = f"old {old}\n\n".encode() + open(note_file, "rb").read()
    connection.request("POST", "/add-checkpoint", body)
    print(connection.getresponse().status)


{"audit": audit, "watch": watch, "offer": offer}[sys.argv[1]](*sys.argv[2:])

"""Object storage: what is put is there, whole, under its content's digest; the S3 protocol is spoken as published."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from bucket_stand_in import BucketStandIn

from services.kit.objects import (
    Bucket,
    DamagedObjectError,
    Folder,
    Objects,
    ObjectStoreError,
    authorization,
    name_of,
    open_store,
)

_CONTENT = "Kính gửi quý cơ quan. ".encode() * 20_000
_NAME = name_of(_CONTENT)


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_what_is_put_twice_is_there_once_and_whole(kind: str, tmp_path: Path) -> None:
    """Also side by side; a name that nobody put is told."""

    async def scene(store: Objects) -> bytes:
        await asyncio.gather(*(store.put(_NAME, _CONTENT) for _ in range(4)))
        got = await store.get(_NAME)
        with pytest.raises(DamagedObjectError):
            await store.get(name_of(b"nobody"))
        await store.close()
        return got

    if kind == "folder":
        assert asyncio.run(scene(Folder(tmp_path))) == _CONTENT
        assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == [_NAME]
        return
    with BucketStandIn(key="khoa", secret="bi-mat") as bucket:
        assert asyncio.run(scene(Bucket(bucket.url, key="khoa", secret="bi-mat"))) == _CONTENT
        assert list(bucket.objects) == [f"/goi-tin/{_NAME}"]


def test_other_bytes_than_were_put_are_never_given(tmp_path: Path) -> None:
    """A flipped bit on the disk is told, not handed on."""
    store = Folder(tmp_path)
    asyncio.run(store.put(_NAME, _CONTENT))
    place = next(one for one in tmp_path.rglob("*") if one.is_file())
    place.write_bytes(_CONTENT[:-1] + b"?")
    with pytest.raises(DamagedObjectError):
        asyncio.run(store.get(_NAME))


def test_a_bucket_that_refuses_or_is_out_of_reach_may_be_tried_again() -> None:
    """A wrong secret and a closed door are no lost objects."""

    async def scene(url: str) -> None:
        store = Bucket(url, key="khoa", secret="sai")
        with pytest.raises(ObjectStoreError):
            await store.put(_NAME, _CONTENT)
        await store.close()

    with BucketStandIn(key="khoa", secret="bi-mat") as bucket:
        url = bucket.url
        asyncio.run(scene(url))
        assert not bucket.objects
    asyncio.run(scene(url))


def test_the_signature_is_the_published_one() -> None:
    """Example "GET Object" of the S3 reference, Signature Version 4."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-content-sha256": empty,
        "x-amz-date": "20130524T000000Z",
    }  # fmt: skip
    signed = authorization(
        "GET", "/test.txt", headers, digest=empty, key="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1",
    )  # fmt: skip
    assert signed.endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


@pytest.mark.parametrize("where", ["minio", "file:relative", "s3+https://host", "s3+https://host/bucket", "http://a/b"])
def test_what_names_no_store_is_refused_with_the_forms_wanted(where: str) -> None:
    """A bucket without a credential is none either."""
    with pytest.raises(ValueError, match="file:///folder"):
        open_store(where)


def test_without_a_name_there_is_no_store() -> None:
    """Texts stay in the database then."""
    assert open_store("") is None

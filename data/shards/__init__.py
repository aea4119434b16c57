"""Data sets as tar archives in the arrangement of the webdataset library, each with an index beside it.

A shard holds records of four files each: KEY.photo.jpg, KEY.labels.png (class ids), KEY.instances.png where
the data set has instances, and KEY.json (name and style). `index.json` says what the shards hold, so that a
record is found by its number and training may stop and go on anywhere, whether the shards lie on a disk or
behind a URL.
"""

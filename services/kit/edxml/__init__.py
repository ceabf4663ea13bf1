"""edXML, the wire format of documents between agencies: build, sign, read and verify (QCVN 102:2016/BTTTT).

Office and hub share it, and a service may import nothing but the kit. One idea a module: `document_id`, `envelope` (the
values), `composing` and `reading` (values to text and back), `archive` (the zip in an attachment), `seal` (signing),
`trust` (verifying), `content_signature` (a person's own signature).
"""

import { generateKeyPairSync, sign } from 'node:crypto'

/** One element of DER (X.690): a tag, a length, and what is in it. */
function der(tag: number, ...contents: ReadonlyArray<Uint8Array>): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

const sequence = (...contents: ReadonlyArray<Uint8Array>): Buffer => der(0x30, ...contents)
const objectID = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const utcTime = (time: string): Buffer => der(0x17, Buffer.from(time))

/** A key and a certificate of its own for 127.0.0.1 (RFC 5280), made when a test needs one; PEM. */
export function buildSelfSigned(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSHA256 = sequence(objectID('2a8648ce3d040302'))
  const name = sequence(der(0x31, sequence(objectID('550403'), der(0x0c, Buffer.from('loopback')))))
  const loopback = sequence(der(0x87, Buffer.from([127, 0, 0, 1])))
  const certificate = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSHA256,
    name,
    sequence(utcTime('200101000000Z'), utcTime('491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(objectID('551d11'), der(0x04, loopback)))),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', certificate, privateKey))
  const lines = sequence(certificate, ecdsaWithSHA256, signature).toString('base64').replace(/.{64}/g, '$&\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}

import { expect, test } from 'vitest'
import {
  className,
  classNumber,
  ednsOptionName,
  extendedErrorName,
  opcodeName,
  rcodeName,
  tsigErrorName,
} from '../../../../src/protocol/dns/registry.js'
import { typeName, typeNames, typeNumber } from '../../../../src/protocol/dns/types.js'

test('every mnemonic leads to its number and back', () => {
  expect(typeNames.length).toBeGreaterThan(90)
  for (const name of typeNames) expect(typeName(typeNumber(name) ?? 0)).toBe(name)
})

test.each([
  ['A', 1],
  ['aaaa', 28],
  ['HTTPS', 65],
  ['svcb', 64],
  ['nsap-ptr', 23],
  ['CAA', 257],
  ['DLV', 32769],
  ['ANY', 255],
  ['*', 255],
  ['TYPE65', 65],
  ['type65535', 65535],
  ['TYPE0', null],
  ['TYPE65536', null],
  ['TYPE', null],
  ['65', null],
  ['', null],
  ['constructor', null],
])('type %s is %s', (text, number) => {
  expect(typeNumber(text)).toBe(number)
})

test('a type without a mnemonic is TYPEnnn', () => {
  expect(typeName(65280)).toBe('TYPE65280')
})

test.each([
  ['IN', 1],
  ['ch', 3],
  ['CLASS254', 254],
  ['class0', 0],
  ['CLASS65536', null],
  ['XX', null],
])('class %s is %s', (text, number) => {
  expect(classNumber(text)).toBe(number)
})

test('numbers have names, or stand for themselves', () => {
  expect([className(1), className(4), className(77)]).toEqual(['IN', 'HS', 'CLASS77'])
  expect([opcodeName(0), opcodeName(5), opcodeName(3)]).toEqual(['QUERY', 'UPDATE', 'OPCODE3'])
  expect([rcodeName(3), rcodeName(16), rcodeName(3000)]).toEqual(['NXDOMAIN', 'BADVERS', 'RCODE3000'])
  expect([tsigErrorName(16), tsigErrorName(17), tsigErrorName(99)]).toEqual(['BADSIG', 'BADKEY', '99'])
  expect([ednsOptionName(8), ednsOptionName(65001)]).toEqual(['ECS', 'OPT65001'])
  expect([extendedErrorName(6), extendedErrorName(9999)]).toEqual(['DNSSEC Bogus', null])
})

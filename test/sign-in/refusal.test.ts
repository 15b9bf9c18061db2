import { expect } from 'chai'
import { findPurposeProblem } from '../../lib/sign-in/refusal.js'

describe('findPurposeProblem', () => {
  const problems: ReadonlyArray<readonly [problem: string, method: string, headers: Record<string, string>]> =
    [
      ['it is a HEAD request', 'HEAD', {}],
      ['it is a PUT request', 'PUT', {}],
      ['it is a prefetch', 'GET', { 'sec-purpose': 'prefetch' }],
      ['it is a prefetch', 'GET', { 'sec-purpose': 'prefetch;prerender' }],
      ['it is a prefetch', 'GET', { 'sec-purpose': 'prerender, prefetch' }],
      ['it is a prefetch', 'GET', { purpose: 'prefetch' }],
      ['it is a prefetch', 'GET', { purpose: 'Prefetch' }],
      ['it is a prefetch', 'GET', { 'x-moz': 'prefetch' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'image' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'script' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'style' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'video' }],
      [
        'a script of another site sent it (xAI does that on loopback: see loopbackRelay)',
        'GET',
        { 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'cross-site' },
      ],
    ]
  for (const [problem, method, headers] of problems)
    it(`says that ${problem} of ${method} ${JSON.stringify(headers)}`, () => {
      expect(findPurposeProblem({ method, headers })).to.equal(problem)
    })

  const fine: ReadonlyArray<readonly [method: string, headers: Record<string, string>]> = [
    ['GET', {}],
    ['POST', {}],
    ['GET', { 'sec-purpose': 'other', purpose: 'preview' }],
    ['GET', { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' }],
    ['GET', { 'sec-fetch-dest': 'iframe' }],
    ['GET', { 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' }],
  ]
  for (const [method, headers] of fine)
    it(`has nothing against ${method} ${JSON.stringify(headers)}`, () => {
      expect(findPurposeProblem({ method, headers })).to.equal(undefined)
    })
})

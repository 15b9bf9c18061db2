import { expect } from 'chai'
import { isSame } from '../../lib/oauth/constant-time.js'

describe('isSame', () => {
  it('is compared whole, whatever the lengths', () => {
    expect([isSame('a', 'a'), isSame('a', 'b'), isSame('a', 'aa'), isSame('', '')]).to.deep.equal([
      true,
      false,
      false,
      true,
    ])
  })
})

import { type ExecutionContext, HttpException, Inject, Injectable } from '@nestjs/common'
import { AuthGuard, PassportStrategy } from '@nestjs/passport'
import { type XaiProfile, XaiStrategy, type XaiStrategyOptions } from 'passport-xai'

@Injectable()
export class Xai extends PassportStrategy(XaiStrategy) {
  constructor(@Inject('xai options') options: XaiStrategyOptions) {
    super(options)
  }

  async validate(_accessToken: string, _refreshToken: string | undefined, profile: XaiProfile) {
    return { id: profile.id, name: profile.displayName }
  }
}

@Injectable()
export class XaiGuard extends AuthGuard('xai') {
  override async canActivate(context: ExecutionContext) {
    await super.canActivate(context)
    await super.logIn(context.switchToHttp().getRequest())
    return true
  }

  /** Answers with the strategy's own status; Nest's is 401 for every failure. */
  override handleRequest<User>(error: unknown, user: User, info: object, _: unknown, status = 401) {
    if (error || !user) throw error || new HttpException(info ?? 'Unauthorized', status)
    return user
  }
}

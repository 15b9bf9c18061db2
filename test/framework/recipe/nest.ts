import { type ExecutionContext, HttpException, Inject, Injectable } from '@nestjs/common'
import { AuthGuard, PassportStrategy } from '@nestjs/passport'
import {
  XaiDeviceStrategy,
  type XaiDeviceStrategyOptions,
  type XaiProfile,
  XaiStrategy,
  type XaiStrategyOptions,
} from 'passport-xai'

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
export class XaiDevice extends PassportStrategy(XaiDeviceStrategy) {
  constructor(@Inject('xai device options') options: XaiDeviceStrategyOptions) {
    super(options)
  }

  async validate(_accessToken: string, _refreshToken: string | undefined, profile: XaiProfile) {
    return { id: profile.id, name: profile.displayName }
  }
}

const buildGuard = (strategy: 'xai' | 'xai-device') =>
  class extends AuthGuard(strategy) {
    override async canActivate(context: ExecutionContext) {
      await super.canActivate(context)
      await super.logIn(context.switchToHttp().getRequest())
      return true
    }

    /** Responds with the strategy's own status; Nest's is 401 for every failure. */
    override handleRequest<User>(error: unknown, user: User, info: object, _: unknown, status = 401) {
      if (error || !user) throw error || new HttpException(info ?? 'Unauthorized', status)
      return user
    }
  }

@Injectable()
export class XaiGuard extends buildGuard('xai') {}

@Injectable()
export class XaiDeviceGuard extends buildGuard('xai-device') {}

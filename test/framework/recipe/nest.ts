import {
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  Inject,
  Injectable,
  Redirect,
  Req,
  UseGuards,
} from '@nestjs/common'
import { AuthGuard, PassportStrategy } from '@nestjs/passport'
import { type XaiProfile, XaiStrategy, type XaiStrategyOptions } from 'passport-xai'

/** The strategy as a provider; `validate` is its `verify`. */
@Injectable()
export class Xai extends PassportStrategy(XaiStrategy) {
  constructor(@Inject('xai options') options: XaiStrategyOptions) {
    super(options)
  }

  validate(
    _accessToken: string,
    _refreshToken: string | undefined,
    { id, displayName }: XaiProfile,
  ): unknown {
    return { id, name: displayName }
  }
}

/** Signs in, keeps the person in the session, and answers with the status that the strategy gives. */
@Injectable()
export class XaiGuard extends AuthGuard('xai') {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context)
    await super.logIn(context.switchToHttp().getRequest())
    return true
  }

  override handleRequest<User>(error: unknown, user: User, info: object, _: unknown, status = 401): User {
    if (error || !user) throw error || new HttpException(info ?? 'Unauthorized', status)
    return user
  }
}

@Controller()
export class SignInController {
  @Get('auth/xai')
  @UseGuards(XaiGuard)
  begin(): void {}

  @Get('auth/xai/callback')
  @UseGuards(XaiGuard)
  @Redirect('/')
  finish(): void {}

  @Get()
  home(@Req() request: { user?: unknown }): unknown {
    return JSON.stringify(request.user ?? null)
  }
}

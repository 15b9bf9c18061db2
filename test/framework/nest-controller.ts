import { All, Controller, Get, Redirect, Req, UseGuards } from '@nestjs/common'
import { XaiDeviceGuard, XaiGuard } from './recipe/nest.js'

/** The routes of a sign-in, and a page that tells who is signed in. */
@Controller()
export class SignInController {
  @Get('auth/xai')
  @UseGuards(XaiGuard)
  begin(): void {}

  @Get('auth/xai/callback')
  @UseGuards(XaiGuard)
  @Redirect('/')
  finish(): void {}

  @All('connect/xai')
  @UseGuards(XaiDeviceGuard)
  @Redirect('/')
  connect(): void {}

  @Get()
  home(@Req() request: { user?: unknown }): unknown {
    return JSON.stringify(request.user ?? null)
  }
}

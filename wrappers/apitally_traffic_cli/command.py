"""The class of the commands, which checks what click's parser does not."""

from collections import Counter

import click

from apitally_traffic_cli.failures import SPELLINGS


class Command(click.Command):
    """A command that rejects repeated options, of which click itself would only use the last value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line.

        Raises:
            UsageError: an option for one value is given several times.
        """
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        typed = [arg.partition("=")[0] for arg in args]
        ctx.meta[SPELLINGS] = {
            option.name: next((spelling for spelling in typed if spelling in option.opts), option.opts[0])
            for option in self.params
            if isinstance(option, click.Option)
        }
        times = Counter(parameter for parameter in order if isinstance(parameter, click.Option))
        for option, count in times.items():
            if count > 1 and not (option.multiple or option.count or option.is_flag):
                raise click.UsageError(f"{' / '.join(option.opts)} is given {count} times: give it once.", ctx)
        return super().parse_args(ctx, args)

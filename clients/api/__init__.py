from clients.api.releases import ReleasesView

__all__ = ["ReleasesView"]
